// The shell of the customer's app, so that it opens without a network. Keeps no answer of the server, ever.

importScripts("/common/shell.js");
self.keepShell("customer-shell", ["/app/", "/common/", "/vendor/"]);
