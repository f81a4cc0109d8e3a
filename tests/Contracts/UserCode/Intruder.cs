namespace Katanemimena.Tests.Contracts.UserCode;

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

    /// <summary>In C#. What it cannot do gives the exception's name in place of <c>yes</c>.</summary>
    public const string DotNet = """
        using System.Net;
        using System.Net.Sockets;
        using System.Runtime.InteropServices;

        public class Intruder : IMapper
        {
            public void Map(ReadOnlySpan<byte> record, long offset, IEmitter output)
            {
                string[] words = Encoding.UTF8.GetString(record).Split(' ');
                string could = "yes";
                try
                {
                    Try(words[0], words.Length > 1 ? words[1] : "", words.Length > 2 ? words[2] : "hush");
                }
                catch (Exception e)
                {
                    could = e.GetType().Name;
                }

                output.Emit(Encoding.UTF8.GetBytes(words[0]), Encoding.UTF8.GetBytes(could));
            }

            static void Try(string action, string argument, string secret)
            {
                switch (action)
                {
                    case "variables": Need(Environment.GetEnvironmentVariables().Values.Cast<string>().Any(value => value.Contains(secret))); break;
                    case "environ": Need(File.ReadAllText($"/proc/{argument}/environ").Contains(secret)); break;
                    case "memory": Memory(argument); break;
                    case "processes": Need(Directory.Exists($"/proc/{argument}")); break;
                    case "signal": Need(kill(int.Parse(argument), 0) == 0); break;
                    case "tcp": Connect(AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, int.Parse(argument))); break;
                    case "abstract": Connect(AddressFamily.Unix, new UnixDomainSocketEndPoint("\0" + argument)); break;
                    case "read": File.ReadAllBytes(argument); break;
                    case "write": File.WriteAllText(argument, "x"); break;
                    default: throw new NotSupportedException();
                }
            }

            static void Memory(string process)
            {
                string line = File.ReadLines($"/proc/{process}/maps").First(line => line.Contains(" rw-p "));
                using FileStream file = new($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
                file.Position = Convert.ToInt64(line.Split('-')[0], 16);
                Need(file.Read(new byte[16]) == 16);
            }

            static void Connect(AddressFamily family, EndPoint address)
            {
                using Socket client = new(family, SocketType.Stream, ProtocolType.Unspecified);
                client.Connect(address);
            }

            static void Need(bool holds) { if (!holds) throw new InvalidOperationException(); }

            [DllImport("libc")]
            static extern int kill(int process, int signal);
        }
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
