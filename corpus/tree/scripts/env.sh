export HOST=web1
kick() { ssh "$HOST" sudo systemctl restart app; }
