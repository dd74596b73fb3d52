"""Query and Mutation fields: they translate, they decide nothing."""
