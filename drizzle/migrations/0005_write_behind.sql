CREATE TABLE `activity_log` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`action` varchar(32) NOT NULL,
	`subject` varchar(64) NOT NULL,
	`happened_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `activity_log_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `item_views` (
	`kind` varchar(16) NOT NULL,
	`item_id` int NOT NULL,
	`views` bigint NOT NULL DEFAULT 0,
	CONSTRAINT `item_views_kind_item_id_pk` PRIMARY KEY(`kind`,`item_id`)
);
--> statement-breakpoint
CREATE TABLE `last_seen` (
	`user_id` int NOT NULL,
	`seen_at` datetime(3) NOT NULL,
	CONSTRAINT `last_seen_user_id` PRIMARY KEY(`user_id`)
);
--> statement-breakpoint
CREATE TABLE `behind_applied` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `behind_applied_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `behind_positions` (
	`stream` varchar(191) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`life` varchar(64) NOT NULL,
	`last_id` varchar(64) NOT NULL,
	CONSTRAINT `behind_positions_stream` PRIMARY KEY(`stream`)
);
--> statement-breakpoint
ALTER TABLE `activity_log` ADD CONSTRAINT `activity_log_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `last_seen` ADD CONSTRAINT `last_seen_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `activity_user` ON `activity_log` (`user_id`,`happened_at`);--> statement-breakpoint
CREATE INDEX `behind_applied_created` ON `behind_applied` (`created_at`);