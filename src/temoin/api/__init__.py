"""The door for programs: tokens for signed assertions, and the resources that scopes open."""
