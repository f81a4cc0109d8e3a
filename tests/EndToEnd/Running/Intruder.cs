namespace Katanemimena.Tests.EndToEnd.Running;

/// <summary>User code that tries what it is told by its records, and says of each whether it could.</summary>
public static class Intruder
{
    /// <summary>In Python. What it cannot do gives the error's name in place of <c>yes</c>.</summary>
    public const string Python = """
        import os, socket

        def connect(family, address):
            with socket.socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(5)
                client.connect(address)

        def look(path, mode="rb"):
            with open(path, mode) as file:
                return file.read(1 << 16) if mode == "rb" else file.write("x")

        def memory(process):
            with open("/proc/%s/maps" % process) as maps:
                start = next(int(line.split("-")[0], 16) for line in maps if " rw-p " in line)
            with open("/proc/%s/mem" % process, "rb", 0) as file:
                file.seek(start)
                assert len(file.read(16)) == 16

        def need(holds):
            if not holds:
                raise LookupError

        actions = {
            "variables": lambda: need(any("hush" in value for value in os.environ.values())),
            "environ": lambda process: need(b"hush" in look("/proc/%s/environ" % process)),
            "memory": memory,
            "processes": lambda process: need(process in os.listdir("/proc")),
            "signal": lambda process: os.kill(int(process), 0),
            "tcp": lambda port: connect(socket.AF_INET, ("127.0.0.1", int(port))),
            "abstract": lambda name: connect(socket.AF_UNIX, "\0" + name),
            "read": look,
            "write": lambda path: look(path, "w"),
        }

        def mapper(arr):
            try:
                actions[arr[0]](*arr[1:])
            except Exception as error:
                return [(arr[0], type(error).__name__)]
            return [(arr[0], "yes")]
        """;

    /// <summary>As a streaming script.</summary>
    public const string Script = """
        #!/bin/bash
        try() {
          case $1 in
            variables) env | grep -q hush ;;
            environ) tr '\0' '\n' <"/proc/$2/environ" | grep -q hush ;;
            memory) dd "if=/proc/$2/mem" bs=16 count=1 "skip=$((0x$(grep ' rw-p ' "/proc/$2/maps" | head -n 1 | cut -d- -f1) / 16))" | grep -qc '' ;;
            processes) ls -d /proc/[0-9]* | grep -qx "/proc/$2" ;;
            signal) kill -0 "$2" ;;
            tcp) exec 3<>"/dev/tcp/127.0.0.1/$2" ;;
            read) cat "$2" ;;
            write) echo x >"$2" ;;
          esac
        }
        while read -r action argument; do
          if (try "$action" "$argument") >/dev/null 2>&1; then echo "$action	yes"; else echo "$action	no"; fi
        done
        """;
}
