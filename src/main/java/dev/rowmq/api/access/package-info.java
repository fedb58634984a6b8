/**
 * Who may call what: API keys with roles for every way in over HTTP, and this machine only while there are none. Door:
 * {@link dev.rowmq.api.access.AccessProperties}, the settings.
 */
package dev.rowmq.api.access;
