"""How a server and the gateway before it agree on the end of connections."""

LEAVE = 1.6
"""Seconds between a request to stop and the end of accepting. A gateway that checks every 0.4 seconds and believes the second
answer sends nothing here any more by then, so that no request meets a socket that is just being closed."""

STAY = 0.8
"""Seconds after a request to stop in which nothing says so yet. A platform may ask a replica to stop as soon as the one before it
is ready, which a gateway finds out with its next check: were this one to leave sooner, there would be nobody for a moment."""

FINISH = 6
"""Most seconds that running requests get after that."""

LEAVING = 404
"""Status of the readiness path from the request to stop on. A gateway sends nothing new to a replica that answers it, and lets
what is under way there end; any other failure, such as 503 or none at all, ends that too, since the replica may hang."""

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than a gateway keeps one, so that the gateway is the one to close it,
and no request is sent into a connection that is just being closed."""
