using Katanemimena.Hosting;
using Katanemimena.WorkerFunctions;

return await FunctionApp.RunAsync(args, TaskFunctions.Queues, TaskFunctions.StartAsync);
