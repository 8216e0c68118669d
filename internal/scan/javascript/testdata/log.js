// Prints every statement that node-postgres sends, as JSON, one a line.
const { Client } = require("pg");
const query = Client.prototype.query;
Client.prototype.query = function (config, ...rest) {
  const text = typeof config === "string" ? config : config.text;
  if (text) console.log("sent " + JSON.stringify(text));
  return query.call(this, config, ...rest);
};
