// Package scan reads a source tree and makes the contract of the build: what its
// code needs of the schema. Each ecosystem has a folder of its own; what none of
// them understands becomes a gap of the contract, never silence.
package scan
