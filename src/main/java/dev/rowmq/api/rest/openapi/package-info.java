/**
 * The OpenAPI document: generated from the controllers, and from the annotations of this package for what Spring does
 * not know. Layer: ways in.
 */
package dev.rowmq.api.rest.openapi;
