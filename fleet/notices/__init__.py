"""Mail and webhooks on their way out: queued with what caused them, sent until they arrive."""
