-- What passed between the stub and its upstream, as JSON: {"url": …, "status"?: …, "drift": [{"side", "place", "detail"}, …], …}.
-- NULL: the stub has answered by itself.
ALTER TABLE requests ADD COLUMN upstream TEXT;
