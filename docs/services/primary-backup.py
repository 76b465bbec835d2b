"""A replicated store as many are written first: n1 takes the writes and tells the others, soon; everybody answers reads.

usage: primary-backup.py ID CLIENT_ADDR PEER_ADDR PEERS       PEERS is n2=host:port,n3=host:port
"""
import json, queue, sys, threading, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ME, CLIENT, PEER, OTHERS = sys.argv[1:5]
values = {}
backlog = {peer.partition("=")[2]: queue.Queue() for peer in OTHERS.split(",") if peer}

def tell(peer):
    while True:
        key, value = backlog[peer].get()
        while True:
            try:
                urllib.request.urlopen(urllib.request.Request(f"http://{peer}/{key}", value.encode(), method="PUT"), timeout=1).close()
                break
            except OSError:
                pass  # the other is down, or cut off: again

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda *_: None

    def answer(self, code, body=""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        key = self.path[1:]
        if key == "health":
            self.answer(200)
        elif key in values:
            self.answer(200, values[key])
        else:
            self.answer(404)

class Clients(Handler):
    def do_PUT(self):
        key, value = self.path[1:], self.rfile.read(int(self.headers["Content-Length"])).decode()
        if ME != "n1":
            return self.answer(421, "ask n1")
        values[key] = value
        for peer in backlog:
            backlog[peer].put((key, value))
        self.answer(204)

class Peers(Handler):
    def do_PUT(self):
        values[self.path[1:]] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(204)

def serve(addr, handler):
    host, _, port = addr.rpartition(":")
    ThreadingHTTPServer((host, int(port)), handler).serve_forever()

for peer in backlog:
    threading.Thread(target=tell, args=[peer], daemon=True).start()
threading.Thread(target=serve, args=[PEER, Peers], daemon=True).start()
serve(CLIENT, Clients)
