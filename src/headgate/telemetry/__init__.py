"""Spans and metrics of what the journal says, for an OpenTelemetry collector; off unless the operator names one."""
