"""The pages of a desk: what people see and do. Imports the desk's services and `contracts`."""
