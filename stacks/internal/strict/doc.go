// Package strict reads one structured object into a struct of settings and lets nothing pass that the struct does not
// know: an unknown key, a wrong type and a missing value are faults with the setting's path, all found at once. The
// struct's tags carry what a setting's reader needs: default, unit, example and doc; [Document] prints them as a table.
package strict
