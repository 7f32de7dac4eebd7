"""selfserve: customers of a TechOps team help themselves."""
