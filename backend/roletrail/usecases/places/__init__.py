"""Where the credentials of workloads were used, and the inventory that tells."""
