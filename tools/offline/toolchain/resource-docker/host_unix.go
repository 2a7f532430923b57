//go:build !windows

package main

func defaultHost() string { return "unix:///var/run/docker.sock" }
