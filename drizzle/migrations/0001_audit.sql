CREATE TABLE `audit` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`finished_at` datetime(3),
	`user_id` int NOT NULL,
	`role` enum('member','operator','admin') NOT NULL,
	`source` enum('console','cli','api') NOT NULL,
	`action` varchar(40) NOT NULL,
	`input` json,
	`preview_count` int,
	`count` int,
	`ms` int,
	`result` enum('running','ok','failed','refused') NOT NULL,
	`message` varchar(500),
	`request_id` varchar(64) NOT NULL,
	CONSTRAINT `audit_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `cache_minutes` (
	`minute` datetime NOT NULL,
	`process` varchar(36) NOT NULL,
	`namespace` varchar(64) NOT NULL,
	`hits` int NOT NULL,
	`misses` int NOT NULL,
	`sets` int NOT NULL,
	`deletes` int NOT NULL,
	`errors` int NOT NULL,
	`hits_l1` int NOT NULL,
	`hits_stale` int NOT NULL,
	`loads` int NOT NULL,
	`load_ms` int NOT NULL,
	CONSTRAINT `cache_minutes_minute_process_namespace_pk` PRIMARY KEY(`minute`,`process`,`namespace`)
);
--> statement-breakpoint
CREATE INDEX `audit_user` ON `audit` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_action` ON `audit` (`action`,`id`);