"""What reaches the fleet: MQTT, uploads, enrolment."""
