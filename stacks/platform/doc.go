// Package platform is the Pulumi program: it reads a stack's settings, wires the components of infra, and exports what
// people and pipelines need. It is a package of its own so that previews and tests run the same program in process.
package platform
