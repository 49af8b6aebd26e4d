// Package image is the service's container image: a repository for it, and its build from the source, or a ready one by
// digest.
//
// The repository's tags are immutable, and the tag of a build is a hash of everything that goes into it: the files that
// .dockerignore lets in, the Dockerfile, the build arguments, the platform. The same source is the same tag, so nothing is
// built or pushed; other source is another tag, so nothing is overwritten. What leaves this package is the digest, never a tag.
package image
