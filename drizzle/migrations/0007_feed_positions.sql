CREATE TABLE `feed_positions` (
	`name` varchar(32) NOT NULL,
	`position` text NOT NULL,
	CONSTRAINT `feed_positions_name` PRIMARY KEY(`name`)
);
