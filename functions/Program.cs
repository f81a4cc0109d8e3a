using Katanemimena.Functions;
using Katanemimena.Hosting;

return await FunctionApp.RunAsync(ApiAppFunctions.StartAsync);
