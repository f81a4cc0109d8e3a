using Katanemimena.Hosting;
using Katanemimena.WorkerFunctions;

return await FunctionApp.RunAsync(TaskFunctions.StartAsync);
