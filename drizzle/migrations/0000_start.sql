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
CREATE TABLE `catalog_imports` (
	`job_id` int NOT NULL,
	`row_index` int NOT NULL,
	`kind` enum('courses','products','events') NOT NULL,
	`item_id` int NOT NULL,
	`action` enum('inserted','updated','unchanged') NOT NULL,
	`before` json,
	`version` int NOT NULL,
	`undone_at` datetime(3),
	CONSTRAINT `catalog_imports_job_id_row_index_pk` PRIMARY KEY(`job_id`,`row_index`)
);
--> statement-breakpoint
CREATE TABLE `courses` (
	`id` int AUTO_INCREMENT NOT NULL,
	`slug` varchar(160) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`live_slug` varchar(160) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS ((case when deleted_at is null then slug end)) STORED,
	`title` varchar(200) NOT NULL,
	`description` text NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL DEFAULT 'EUR',
	`image_url` varchar(2048),
	`published` boolean NOT NULL DEFAULT false,
	`version` int NOT NULL DEFAULT 1,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`deleted_at` datetime(3),
	`curriculum` json NOT NULL,
	`duration_minutes` int NOT NULL,
	`level` enum('beginner','intermediate','advanced') NOT NULL,
	CONSTRAINT `courses_id` PRIMARY KEY(`id`),
	CONSTRAINT `courses_live_slug` UNIQUE(`live_slug`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` int AUTO_INCREMENT NOT NULL,
	`slug` varchar(160) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`live_slug` varchar(160) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS ((case when deleted_at is null then slug end)) STORED,
	`title` varchar(200) NOT NULL,
	`description` text NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL DEFAULT 'EUR',
	`image_url` varchar(2048),
	`published` boolean NOT NULL DEFAULT false,
	`version` int NOT NULL DEFAULT 1,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`deleted_at` datetime(3),
	`starts_at` datetime(3) NOT NULL,
	`ends_at` datetime(3) NOT NULL,
	`zone` varchar(64) NOT NULL,
	`venue` varchar(200) NOT NULL,
	`seats` int,
	`seats_taken` int NOT NULL DEFAULT 0,
	CONSTRAINT `events_id` PRIMARY KEY(`id`),
	CONSTRAINT `events_live_slug` UNIQUE(`live_slug`)
);
--> statement-breakpoint
CREATE TABLE `products` (
	`id` int AUTO_INCREMENT NOT NULL,
	`slug` varchar(160) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`live_slug` varchar(160) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS ((case when deleted_at is null then slug end)) STORED,
	`title` varchar(200) NOT NULL,
	`description` text NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL DEFAULT 'EUR',
	`image_url` varchar(2048),
	`published` boolean NOT NULL DEFAULT false,
	`version` int NOT NULL DEFAULT 1,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`deleted_at` datetime(3),
	`type` enum('pdf','ebook','video','audio','template','software','bundle') NOT NULL,
	`category` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`stock` int,
	CONSTRAINT `products_id` PRIMARY KEY(`id`),
	CONSTRAINT `products_live_slug` UNIQUE(`live_slug`)
);
--> statement-breakpoint
CREATE TABLE `follows` (
	`follower_id` int NOT NULL,
	`followed_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `follows_follower_id_followed_id_pk` PRIMARY KEY(`follower_id`,`followed_id`)
);
--> statement-breakpoint
CREATE TABLE `post_votes` (
	`post_id` int NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `post_votes_post_id_user_id_pk` PRIMARY KEY(`post_id`,`user_id`)
);
--> statement-breakpoint
CREATE TABLE `posts` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`title` varchar(200) NOT NULL,
	`url` varchar(2048),
	`text` text,
	`votes` int NOT NULL DEFAULT 0,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`edited_at` datetime(3),
	CONSTRAINT `posts_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `job_results` (
	`job_id` int NOT NULL,
	`summary` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `job_results_job_id` PRIMARY KEY(`job_id`)
);
--> statement-breakpoint
CREATE TABLE `job_rows` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`job_id` int NOT NULL,
	`row_index` int NOT NULL,
	`input` json NOT NULL,
	`output` json,
	`valid` boolean NOT NULL,
	`notes` json,
	CONSTRAINT `job_rows_id` PRIMARY KEY(`id`),
	CONSTRAINT `job_rows_job_index` UNIQUE(`job_id`,`row_index`)
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`upload_id` int NOT NULL,
	`type` varchar(32) NOT NULL,
	`status` enum('pending','processing','completed','failed','cancelled') NOT NULL DEFAULT 'pending',
	`file_name` varchar(255) NOT NULL,
	`file_bytes` bigint NOT NULL,
	`read_bytes` bigint NOT NULL DEFAULT 0,
	`total_rows` int,
	`processed_rows` int NOT NULL DEFAULT 0,
	`valid_rows` int NOT NULL DEFAULT 0,
	`repaired_rows` int NOT NULL DEFAULT 0,
	`failed_rows` int NOT NULL DEFAULT 0,
	`config` json NOT NULL,
	`error_code` varchar(64),
	`error_message` varchar(1000),
	`attempt` int NOT NULL DEFAULT 0,
	`tries` int NOT NULL DEFAULT 0,
	`not_before` datetime(3),
	`heartbeat_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`started_at` datetime(3),
	`finished_at` datetime(3),
	CONSTRAINT `jobs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `upload_parts` (
	`upload_id` int NOT NULL,
	`part` int NOT NULL,
	`content` mediumblob NOT NULL,
	CONSTRAINT `upload_parts_upload_id_part_pk` PRIMARY KEY(`upload_id`,`part`)
);
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`file_name` varchar(255) NOT NULL,
	`size` bigint NOT NULL DEFAULT 0,
	`sha256` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`completed_at` datetime(3),
	CONSTRAINT `uploads_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `bookings` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`cancelled_at` datetime(3),
	`active` boolean GENERATED ALWAYS AS ((case when cancelled_at is null then 1 end)) STORED,
	`event_id` int NOT NULL,
	CONSTRAINT `bookings_id` PRIMARY KEY(`id`),
	CONSTRAINT `bookings_once` UNIQUE(`user_id`,`event_id`,`active`)
);
--> statement-breakpoint
CREATE TABLE `enrollments` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`cancelled_at` datetime(3),
	`active` boolean GENERATED ALWAYS AS ((case when cancelled_at is null then 1 end)) STORED,
	`course_id` int NOT NULL,
	CONSTRAINT `enrollments_id` PRIMARY KEY(`id`),
	CONSTRAINT `enrollments_once` UNIQUE(`user_id`,`course_id`,`active`)
);
--> statement-breakpoint
CREATE TABLE `purchases` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`cancelled_at` datetime(3),
	`active` boolean GENERATED ALWAYS AS ((case when cancelled_at is null then 1 end)) STORED,
	`product_id` int NOT NULL,
	`price_cents` int NOT NULL,
	`currency` varchar(3) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`idempotency_key` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	CONSTRAINT `purchases_id` PRIMARY KEY(`id`),
	CONSTRAINT `purchases_once` UNIQUE(`user_id`,`product_id`,`active`),
	CONSTRAINT `purchases_idempotency` UNIQUE(`user_id`,`idempotency_key`)
);
--> statement-breakpoint
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
CREATE TABLE `feed_positions` (
	`name` varchar(32) NOT NULL,
	`position` text NOT NULL,
	CONSTRAINT `feed_positions_name` PRIMARY KEY(`name`)
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`names` json NOT NULL,
	`token` varchar(64),
	`changes` json,
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `outbox_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` int AUTO_INCREMENT NOT NULL,
	`user_id` int NOT NULL,
	`token_hash` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`user_agent` varchar(255),
	`address` varchar(45),
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`expires_at` datetime(3) NOT NULL,
	CONSTRAINT `sessions_id` PRIMARY KEY(`id`),
	CONSTRAINT `sessions_token` UNIQUE(`token_hash`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` int AUTO_INCREMENT NOT NULL,
	`username` varchar(50) NOT NULL,
	`email` varchar(254) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`password_hash` varchar(255) NOT NULL,
	`role` enum('member','operator','admin') NOT NULL DEFAULT 'member',
	`created_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	`updated_at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
	CONSTRAINT `users_id` PRIMARY KEY(`id`),
	CONSTRAINT `users_email` UNIQUE(`email`)
);
--> statement-breakpoint
ALTER TABLE `activity_log` ADD CONSTRAINT `activity_log_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `last_seen` ADD CONSTRAINT `last_seen_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `catalog_imports` ADD CONSTRAINT `catalog_imports_job_id_jobs_id_fk` FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `follows` ADD CONSTRAINT `follows_follower_id_users_id_fk` FOREIGN KEY (`follower_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `follows` ADD CONSTRAINT `follows_followed_id_users_id_fk` FOREIGN KEY (`followed_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `post_votes` ADD CONSTRAINT `post_votes_post_id_posts_id_fk` FOREIGN KEY (`post_id`) REFERENCES `posts`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `post_votes` ADD CONSTRAINT `post_votes_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `posts` ADD CONSTRAINT `posts_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `job_results` ADD CONSTRAINT `job_results_job_id_jobs_id_fk` FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `job_rows` ADD CONSTRAINT `job_rows_job_id_jobs_id_fk` FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `jobs` ADD CONSTRAINT `jobs_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `jobs` ADD CONSTRAINT `jobs_upload_id_uploads_id_fk` FOREIGN KEY (`upload_id`) REFERENCES `uploads`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `upload_parts` ADD CONSTRAINT `upload_parts_upload_id_uploads_id_fk` FOREIGN KEY (`upload_id`) REFERENCES `uploads`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `uploads` ADD CONSTRAINT `uploads_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `bookings` ADD CONSTRAINT `bookings_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `bookings` ADD CONSTRAINT `bookings_event_id_events_id_fk` FOREIGN KEY (`event_id`) REFERENCES `events`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `enrollments` ADD CONSTRAINT `enrollments_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `enrollments` ADD CONSTRAINT `enrollments_course_id_courses_id_fk` FOREIGN KEY (`course_id`) REFERENCES `courses`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `purchases` ADD CONSTRAINT `purchases_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `purchases` ADD CONSTRAINT `purchases_product_id_products_id_fk` FOREIGN KEY (`product_id`) REFERENCES `products`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `sessions` ADD CONSTRAINT `sessions_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `activity_user` ON `activity_log` (`user_id`,`happened_at`);--> statement-breakpoint
CREATE INDEX `behind_applied_created` ON `behind_applied` (`created_at`);--> statement-breakpoint
CREATE INDEX `catalog_imports_item` ON `catalog_imports` (`kind`,`item_id`);--> statement-breakpoint
CREATE INDEX `courses_title` ON `courses` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `courses_price` ON `courses` (`price_cents`,`id`);--> statement-breakpoint
CREATE INDEX `events_title` ON `events` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `events_price` ON `events` (`price_cents`,`id`);--> statement-breakpoint
CREATE INDEX `events_starts` ON `events` (`starts_at`,`id`);--> statement-breakpoint
CREATE INDEX `products_title` ON `products` (`title`,`id`);--> statement-breakpoint
CREATE INDEX `products_price` ON `products` (`price_cents`,`id`);--> statement-breakpoint
CREATE INDEX `products_type` ON `products` (`type`,`id`);--> statement-breakpoint
CREATE INDEX `products_category` ON `products` (`category`,`id`);--> statement-breakpoint
CREATE INDEX `follows_followed` ON `follows` (`followed_id`);--> statement-breakpoint
CREATE INDEX `post_votes_user` ON `post_votes` (`user_id`,`post_id`);--> statement-breakpoint
CREATE INDEX `posts_user` ON `posts` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `posts_votes` ON `posts` (`votes`,`id`);--> statement-breakpoint
CREATE INDEX `job_rows_job_valid` ON `job_rows` (`job_id`,`valid`,`row_index`);--> statement-breakpoint
CREATE INDEX `jobs_user` ON `jobs` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `jobs_status_heartbeat` ON `jobs` (`status`,`heartbeat_at`);--> statement-breakpoint
CREATE INDEX `jobs_created` ON `jobs` (`created_at`);--> statement-breakpoint
CREATE INDEX `uploads_user` ON `uploads` (`user_id`);--> statement-breakpoint
CREATE INDEX `bookings_event` ON `bookings` (`event_id`);--> statement-breakpoint
CREATE INDEX `enrollments_course` ON `enrollments` (`course_id`);--> statement-breakpoint
CREATE INDEX `purchases_product` ON `purchases` (`product_id`);--> statement-breakpoint
CREATE INDEX `audit_user` ON `audit` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_action` ON `audit` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `outbox_created` ON `outbox` (`created_at`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expires` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE INDEX `users_created` ON `users` (`created_at`);