package main

func defaultHost() string { return "npipe:////./pipe/docker_engine" }
