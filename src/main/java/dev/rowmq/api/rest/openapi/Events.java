package dev.rowmq.api.rest.openapi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The types of the JSON data in a call's Server-Sent Events: one for each kind of event that has fields. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Events {
    Class<?>[] value();
}
