"""GraphQL types, inputs, unions and loaders; schema.graphql is the committed snapshot."""
