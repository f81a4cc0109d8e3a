using Katanemimena.Hosting;
using Katanemimena.Runners;
using Katanemimena.WorkerFunctions;

_ = OwnMemory.Hide();   // before there is user code
return await FunctionApp.RunAsync(TaskFunctions.StartAsync);
