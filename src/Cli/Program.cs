System.Console.WriteLine("mrctl"); return 0;
