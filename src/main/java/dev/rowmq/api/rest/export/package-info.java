/** The JSON of the export and the import of a queue. Layer: API. */
package dev.rowmq.api.rest.export;
