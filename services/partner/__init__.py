"""Partners: their profile, services, prices, plan, capacity, and when they can be booked."""
