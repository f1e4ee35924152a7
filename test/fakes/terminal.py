# Runs a command on a terminal of its own, and acts a script of steps on it: {"send", "until", "resize", "signal", "mark"}, as JSON
# on standard input; a mark is a file that is made when its step is over. Everything that the terminal showed, and at which offsets it was
# resized, goes to standard output, as JSON.
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

job = json.load(sys.stdin)
pid, fd = pty.fork()
if pid == 0:
    os.execvpe(job["command"][0], job["command"], job["env"])


def size(columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


seen = b""
resizes = []
ended = False


def read(patience):
    global seen, ended
    ready, _, _ = select.select([fd], [], [], patience)
    if not ready:
        return
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b""
    if data == b"":
        ended = True
    seen += data


size(job.get("columns", 80), 24)
deadline = time.monotonic() + 60
for step in job["steps"]:
    begin = len(seen)
    if "resize" in step:
        size(step["resize"], 24)
        resizes.append({"offset": len(seen.decode("utf-8", "replace")), "columns": step["resize"]})
    if "signal" in step:
        os.kill(pid, step["signal"])
    if "send" in step:
        os.write(fd, step["send"].encode())
    while "until" in step and step["until"].encode() not in seen[begin:] and not ended and time.monotonic() < deadline:
        read(0.2)
    if "mark" in step:
        open(step["mark"], "x").close()
while not ended and time.monotonic() < deadline:
    read(0.2)
if not ended:
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
json.dump({"output": seen.decode("utf-8", "replace"), "code": code, "resizes": resizes}, sys.stdout)
