// Argo CD replaces this module by a directory of its own; its OCI client needs nothing of it.
module github.com/argoproj/argo-cd/gitops-engine

go 1.24
