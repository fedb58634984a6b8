package dev.rowmq.api.rest.openapi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The statuses that a call may return, the usual one first. 401, 403, 406, 500 and 503 are added to every call, and 415
 * to calls with a request body.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Statuses {
    int[] value();
}
