ALTER TABLE `jobs` ADD `file_bytes` bigint NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `read_bytes` bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `tries` int DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `not_before` datetime(3);--> statement-breakpoint
CREATE INDEX `jobs_user` ON `jobs` (`user_id`,`id`);