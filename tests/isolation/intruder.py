"""The code of a function that tries to get out by the system's calls themselves."""
import ctypes
import json
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)

# Numbers of x86_64: ptrace, mount, umount2, pivot_root, unshare, setns, keyctl, bpf, perf_event_open, userfaultfd,
# io_uring_setup, open_tree, process_vm_readv, kexec_load, init_module, add_key, chroot, reboot.
CALLS = {
    "ptrace": (101, 16, 1, 0, 0),
    "mount": (165, 0, 0, 0, 0),
    "umount2": (166, 0, 0),
    "pivot_root": (155, 0, 0),
    "unshare of the user": (272, 0x10000000),
    "unshare of mounts": (272, 0x20000),
    "setns": (308, 0, 0),
    "keyctl": (250, 0, -3, 0),
    "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, 0, 0, 0),
    "userfaultfd": (323, 1),
    "io_uring_setup": (425, 1, 0),
    "open_tree": (428, -100, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "init_module": (175, 0, 0, 0),
    "add_key": (248, 0, 0, 0, 0, -3),
    "chroot": (161, 0),
    # With wrong magic numbers it does nothing wherever it is not refused.
    "reboot": (169, 0, 0, 0, 0),
    "clone with a user namespace": (56, 0x10000000 | 17, 0, 0, 0, 0),
}


def refusals():
    found = {}
    for name, (number, *arguments) in CALLS.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, *[ctypes.c_long(argument) for argument in arguments])
        if result == 0 and name.startswith("clone"):
            os._exit(0)
        found[name] = ctypes.get_errno() if result == -1 else 0
    ctypes.set_errno(0)
    libc.syscall(435, 0, 0)
    found["clone3"] = ctypes.get_errno()
    for name, family in (("packets", 17), ("vsock", 40), ("crypto", 38)):
        try:
            socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_STREAM).close()
            found[name] = 0
        except OSError as error:
            found[name] = error.errno
    return found


def attempt(act):
    try:
        return "got " + str(act())[:200]
    except Exception as error:
        return type(error).__name__


def read(path):
    with open(path, "rb") as file:
        return file.read(200)


def reach(host, port):
    socket.create_connection((host, port), 2).close()
    return "a connection"


def everything(facts):
    data, server = facts["data"], facts["server"]
    return {
        "the data folder": attempt(lambda: os.listdir(data)),
        "the credentials": attempt(lambda: read(data + "/credentials.json")),
        "the environment of the server": attempt(lambda: read(f"/proc/{server}/environ")),
        "a signal to the server": attempt(lambda: os.kill(server, 0)),
        "another function's files": attempt(lambda: read("/tmp/of-the-victim")),
        "the server's port": attempt(lambda: reach("127.0.0.1", facts["port"])),
        "rights of root": attempt(lambda: os.setuid(0)),
        "a change of its code": attempt(lambda: open("/code/index.py", "a").close()),
    }


def fork_bomb():
    started = 0
    try:
        while started < 3000:
            if os.fork() == 0:
                import time

                time.sleep(60)
                os._exit(0)
            started += 1
    except OSError as error:
        return {"started": started, "errno": error.errno}
    return {"started": started}


def handler(event, context):
    request = json.loads(event)
    deed = request["deed"]
    if deed == "refusals":
        return json.dumps(refusals())
    if deed == "forkBomb":
        return json.dumps(fork_bomb())
    return json.dumps(everything(request["facts"]))
