"""Our signing with modules that others wrote, our signatures before readers that others wrote."""
