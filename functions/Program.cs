using Katanemimena.Functions;
using Katanemimena.Hosting;

return await FunctionApp.RunAsync(args, ApiAppFunctions.Queues, ApiAppFunctions.StartAsync);
