"""The incidents every plan test goes over, each with something to paste that leads to its chain."""

from __future__ import annotations

SUBJECTS = {
    "key to persistence": ("sample/key-to-persistence", "ASIAWO6XUA4OFYFK6BSN"),
    "request forgery": ("sample/ssrf-instance", "i-0b7e51c2f9a4d8836"),
    "instance key elsewhere": ("sample/instance-key-elsewhere", "i-0c4d2e8f61a7b9350"),
    "cross-account chain": ("t04-three-accounts", "arn:aws:iam::333333333333:role/C"),
    "juggling pair": ("t22-juggling", "arn:aws:iam::111111111111:user/alice"),
    "Identity Center root": ("t07-identity-center", "976710cc5d-1b2c3d4e-0000-4000-8000-000000000001"),
    "pod's web identity root": ("t29-pod-and-node", "orders-sa"),
    "Lambda root": ("t43-function-key-elsewhere", "orders-fn"),
    "ECS task": ("t44-task-key-elsewhere", "orders-task"),
    "instance with twins": ("t13-twin-key-stolen", "i-0aaaaaaaaaaaaaaa1"),
    "federation token, then console": ("t27-federated-console", "ASIAIEXAMPLEXXXXXXK1"),
    "AssumeRoot": ("t28-root-task", "ASIAIEXAMPLEXXXXXXK9"),
    "created key": ("t32-created-key", "AKIAIEXAMPLEXXXAKIA2"),
    "workload pivots": ("t42-through-workloads", "i-0ccccccccccccccc3"),
    "foreign caller": ("t51-vendor-and-its-external-id", "vendor-scan"),
    "service-linked role": ("t12-service-linked-role", "AWSServiceRoleForRDS"),
}
