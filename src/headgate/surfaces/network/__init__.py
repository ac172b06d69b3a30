"""How people are asked, and answer, over the network: an API, reply links, and a webhook."""
