"""A whole house for tests: real stores, a small catalog, a target that can be made to misbehave, a clock that is moved
by hand."""
