"""Makes calls of a Redis server: a line of JSON comes in and a line goes out. usage: redis.py HOST:PORT"""
import json, socket, sys

host, _, port = sys.argv[1].rpartition(":")
server = socket.create_connection((host, int(port)), timeout=5).makefile("rwb")

def command(*words):
    server.write(b"*%d\r\n" % len(words))
    for word in words:
        server.write(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
    server.flush()
    line = server.readline().decode().rstrip()
    if line.startswith("-"):
        raise RuntimeError(line[1:])
    if line.startswith("$") and line != "$-1":
        return server.read(int(line[1:]) + 2)[:-2].decode()
    return None

for line in sys.stdin:
    call = json.loads(line)
    answer = {"type": "ok"}
    try:
        if call["f"] == "ready":  # asked of a member that has just been started
            command("PING")
        elif call["f"] == "read":
            answer["value"] = json.loads(command("GET", call["key"]) or "null")
        elif call["f"] == "write":
            command("SET", call["key"], json.dumps(call["value"]))
    except RuntimeError as e:  # the server says no, and so it was not done: READONLY, LOADING
        answer = {"type": "fail", "error": str(e), "elsewhere": True}
    print(json.dumps(answer), flush=True)
