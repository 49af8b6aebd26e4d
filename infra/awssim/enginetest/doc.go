// Package enginetest holds the tests of awssim behind the real Pulumi engine: they need its binary, and nothing else.
package enginetest
