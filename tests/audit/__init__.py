"""graphql-http's audit of GraphQL over HTTP, asked of the product: `make audit`."""
