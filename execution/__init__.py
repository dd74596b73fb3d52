"""A compiled executor for Strawberry schemas: the same answers as the stock one, for a fraction of the time."""
