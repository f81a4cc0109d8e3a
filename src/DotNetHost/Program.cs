using Katanemimena.DotNetHost;
using Katanemimena.Runners;

// Runs one job's .NET code for the engine, or compiles one source: see HostFrame. It ends when its stdin does, or is killed.
Channel channel = Channel.Take();
RecordMark mark = MarkFile.Open();
channel.Send(HostFrame.Ready);
new Server(channel, mark).Serve();
