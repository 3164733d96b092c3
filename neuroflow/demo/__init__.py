"""A local service that behaves like the vendor's, and a cohort to send to it."""
